SESSION_CONFIGS = [
    dict(
        name="public_goods",
        app_sequence=["public_goods"],
        num_demo_participants=4,
        multiplier=1.6,
    ),
]
