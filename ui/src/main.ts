import { draw } from "./begin.svelte";
import App from "./App.svelte";

void draw(App);
