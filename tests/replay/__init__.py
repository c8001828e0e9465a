"""A capture against a policy: the stories of captures/ and what files can be like."""
