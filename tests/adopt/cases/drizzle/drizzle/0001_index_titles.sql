ALTER TABLE "wishes" ADD COLUMN "store" text;--> statement-breakpoint
CREATE INDEX "wishes_title_idx" ON "wishes" USING btree ("title");--> statement-breakpoint
CREATE INDEX "wishes_store_idx" ON "wishes" USING btree ("store");