import { draw } from "./begin.svelte";
import Mini from "./Mini.svelte";

void draw(Mini, { history: false });
