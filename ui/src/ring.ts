import { draw } from "./begin.svelte";
import Ring from "./Ring.svelte";

void draw(Ring, { history: false });
