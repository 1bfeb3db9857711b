-- Which version of yoyo's tables is this?
SELECT max(version) FROM {yoyo}._yoyo_version
