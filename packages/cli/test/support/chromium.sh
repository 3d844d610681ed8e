#!/bin/sh
# Starts Chromium without parts of its own window that no test sees: each new window would load a pop-up for the address
# bar, which takes more of the processor than the chat page, and a spare process. The features are added to the list
# that Playwright disables, because Chromium reads only the last such list.
for argument; do
	shift
	case $argument in
	--disable-features=*) argument="$argument,WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess" ;;
	esac
	set -- "$@" "$argument"
done
exec "${CHROMIUM_PATH:-/usr/bin/chromium}" "$@"
