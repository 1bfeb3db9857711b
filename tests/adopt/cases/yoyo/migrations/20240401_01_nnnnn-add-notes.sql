-- depends: 20240210_02_aaB1c-touch-wishes
ALTER TABLE wishes ADD COLUMN note text;
