// What `drizzle-kit migrate` does: DATABASE_URL, and the folder as the only argument.
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
await migrate(drizzle(pool), { migrationsFolder: process.argv[2] });
await pool.end();
