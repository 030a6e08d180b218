// Every state that the page can be in, by name: for development, tests and pictures.

import { ACCOUNTS } from "./states/account";
import { CALLS } from "./states/calls";
import { PHONES } from "./states/phone";

export const STATES = { ...ACCOUNTS, ...PHONES, ...CALLS };

export type Name = keyof typeof STATES;
