-- A connection that holds or awaits the run lock is idle for as long as that takes.
SET idle_session_timeout = 0
