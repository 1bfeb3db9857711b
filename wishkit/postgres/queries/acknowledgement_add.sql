-- That who is logged in has looked at a promotion.
INSERT INTO wishkit.acknowledgement (promotion_id, note) VALUES (%(id)s, %(note)s)
