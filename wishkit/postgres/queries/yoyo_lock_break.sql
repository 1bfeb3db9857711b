-- Remove the lock that plain yoyo holds or left behind.
DELETE FROM {yoyo}.yoyo_lock
