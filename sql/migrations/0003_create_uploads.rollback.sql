-- uploads and daily limits go away
--
-- DATA IS LOST. Uploads under way have to be begun anew, and everybody's daily count starts at
-- nought. What has been uploaded completely is in moc_files and stays.

DROP TABLE user_daily_uploads;
DROP TABLE upload_session_parts;
DROP TABLE upload_session_files;
DROP TABLE upload_sessions;
