-- Is plain yoyo at work (or did it die and leave its lock behind)?
SELECT pid, ctime FROM {yoyo}.yoyo_lock LIMIT 1
