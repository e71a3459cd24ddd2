"""Load as queues: utilisation and waits of components, how many servers a load takes, when growth fills them."""
