"""From a message and a state to the next state and a query."""
