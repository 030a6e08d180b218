/** What a colour tells; the colours themselves are in `style/tokens.css`. */
export type Tone = "ready" | "call" | "ring" | "paused" | "wrap_up" | "fault" | "neutral";
