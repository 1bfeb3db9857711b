-- The ledger's tables are there, by name: fails in the transaction of whatever took one away.
SELECT 'wishkit.ledger'::regclass, 'wishkit.run'::regclass, 'wishkit.script'::regclass,
       'wishkit.execution'::regclass, 'wishkit.applied'::regclass, 'wishkit.step'::regclass,
       (%(yoyo)s || '._yoyo_migration')::regclass, (%(yoyo)s || '._yoyo_log')::regclass
