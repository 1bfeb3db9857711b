--! Previous: sha1:14949c562e413aac330a305158a60201e407c189
--! Hash: sha1:714165dd1e18d5ef2d1dc7c742ae5cd5b9551f60
--! Message: index titles

--! no-transaction
CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);
