// What devices are used for, in a word.

import type { DeviceRole } from "./phone";
import { t } from "./words.svelte";

export function roleWords(role: DeviceRole): string {
  switch (role) {
    case "microphone":
      return t("role-microphone");
    case "speaker":
      return t("role-speaker");
    case "ringer":
      return t("role-ringer");
  }
}
