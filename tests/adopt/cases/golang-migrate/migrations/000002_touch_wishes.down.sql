DROP TRIGGER wishes_touch ON wishes;
DROP FUNCTION touch();
