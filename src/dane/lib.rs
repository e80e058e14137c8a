//! TLSA records for SMTP: which certificate a mail host has, said by DNS. RFC 6698, 7671, 7672.
