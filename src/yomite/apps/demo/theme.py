"""Gradio's components in the page's colors and the system's fonts; page.css has the rest."""

from gradio.themes import Base

_FONTS = ("system-ui", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "Noto Sans CJK JP", "sans-serif")


def build_theme() -> Base:
    """Build the theme, light and dark."""
    ink, paper, line = ("#2d4a86", "#8fb1ee"), ("#ffffff", "#1e2126"), ("#e2dfd7", "#363a42")
    wash, page, words = ("#eef1f8", "#252c3a"), ("#f7f6f2", "#15171b"), ("#1b2333", "#eceae4")
    colors = {
        "color_accent": ink,
        "slider_color": ink,
        "checkbox_background_color_selected": ink,
        "button_primary_background_fill": ink,
        "button_primary_background_fill_hover": ink,
        "button_primary_text_color": (paper[0], page[1]),
        "checkbox_border_color_selected": ink,
        "input_border_color_focus": ink,
        "body_background_fill": page,
        "input_background_fill": page,
        "block_background_fill": paper,
        "button_secondary_background_fill": paper,
        "checkbox_label_background_fill": paper,
        "button_secondary_background_fill_hover": wash,
        "checkbox_label_background_fill_hover": wash,
        "checkbox_label_background_fill_selected": wash,
        "block_border_color": line,
        "input_border_color": line,
        "button_secondary_border_color": line,
        "checkbox_label_border_color": line,
        "checkbox_label_border_color_selected": ink,
        "body_text_color": words,
        "button_secondary_text_color": ink,
        "checkbox_label_text_color_selected": words,
    }
    by_name = {name: light for name, (light, _) in colors.items() if name != "color_accent"}
    by_name |= {f"{name}_dark": dark for name, (_, dark) in colors.items() if name != "color_accent"}
    widths = {"button_border_width": "1px", "checkbox_label_border_width": "1px", "input_border_width": "1px"}
    widths |= {f"{name}_dark": width for name, width in widths.items()}
    theme = Base(radius_size="lg", font=_FONTS, font_mono=("ui-monospace", "monospace"))
    return theme.set(color_accent=ink[0], **by_name, **widths)
