"""How the screen is laid out. Colours are the terminal's own sixteen (theme `ansi-dark`)."""

THEME = "ansi-dark"

CSS = """
Screen { background: ansi_default; color: ansi_default; }
#header { height: 1; }
#banner { height: auto; max-height: 3; display: none; }
#body { height: 1fr; }
#operator, #supervisor, #events { height: 1fr; }
#here { height: auto; border-bottom: solid ansi_bright_black; }
Listing, Listing:focus { border: none; padding: 0; background: ansi_default; }
Listing > .option-list--option-highlighted { background: ansi_default; color: ansi_default; text-style: none; }
Listing:focus > .option-list--option-highlighted { background: ansi_default; color: ansi_default; text-style: reverse; }
Listing > .option-list--option-hover { background: ansi_default; }
#talk { height: 1fr; scrollbar-size-vertical: 1; }
#talk.looking > .option-list--option-highlighted { text-style: reverse; }
#tiles-box, #plots-box { height: auto; }
#live-box { height: 1fr; min-height: 3; }
#tiles { height: auto; }
#lists { height: 5; border-top: solid ansi_bright_black; }
#lists Vertical { width: 1fr; }
#lists Part { height: 1; }
#lists Listing { height: 1fr; scrollbar-size-vertical: 1; }
#plots-box { border-top: solid ansi_bright_black; }
#plots { height: auto; }
#live-title, #filter { height: 1; display: block; }
#live, #all { height: 1fr; scrollbar-size-vertical: 1; }
#question { height: auto; display: none; }
#entry { height: 1; border: none; padding: 0 1; display: none; background: ansi_default; text-style: bold; }
#entry.open { display: block; }
#keys { height: auto; }
#pages { height: 1; display: none; }

.small #here { border-bottom: none; }
.small #pages { display: block; }
.small #supervisor > .page { display: none; border-top: none; height: 1fr; }
.small #supervisor > .page.chosen { display: block; }
.small #lists { height: 1fr; layout: vertical; }
.small #lists Vertical { width: 100%; }
.asking #live-box { display: none; }
.small.asking #keys { display: none; }

Chooser, Evidence, Help { background: ansi_default; align: center bottom; }
Chooser > Vertical, Evidence > Vertical, Help > Vertical {
    background: ansi_default; width: 100%; height: 100%; padding: 0 1;
}
Chooser Part, Evidence Part, Help Part { height: auto; }
Chooser Listing { height: 1fr; }
Evidence VerticalScroll, Help VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }

CommandPalette { background: ansi_default; }
CommandPalette > Vertical { background: ansi_default; }
"""
