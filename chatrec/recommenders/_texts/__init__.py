"""What the recommender models share that know items by their texts."""
