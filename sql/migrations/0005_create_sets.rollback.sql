-- owned sets and their pictures go away
--
-- DATA IS LOST. Every row of both tables; the pictures in object storage stay there.

DROP TABLE set_images;
DROP TABLE sets;
