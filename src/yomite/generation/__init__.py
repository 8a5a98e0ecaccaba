"""Ink that a generator draws: its weights, a hand to be like, and pictures of any character.

generator = load_generator("runs/diffusion/weights.safetensors")
style = generator.find_style(read_hand("my-samples", generator.size))
images = generator.draw(draw_plain_glyphs("永", data_root, generator.size), style=style)
"""
