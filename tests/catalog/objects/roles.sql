-- Who owns, reads and writes; they are the cluster's, so they come first and are the same for all.
CREATE ROLE shop_owner;
CREATE ROLE shop_reader;
CREATE ROLE shop_clerk;
CREATE ROLE shop_heir;
