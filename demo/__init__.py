"""Everything on one machine: private servers, the five services, a mail catcher, a pretend site, sample data."""
