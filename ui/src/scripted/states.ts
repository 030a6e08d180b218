// Every state that the page can be in, by name: for development, tests and pictures.

import { ACCOUNTS } from "./states/account";
import { CALLS } from "./states/calls";
import { PHONES } from "./states/phone";
import { QUEUES } from "./states/queue";

export const STATES = { ...ACCOUNTS, ...PHONES, ...CALLS, ...QUEUES };

export type Name = keyof typeof STATES;
