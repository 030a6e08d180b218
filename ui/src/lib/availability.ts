// Ready or paused, in words.

import type { Availability } from "./phone";
import { t } from "./words.svelte";

export function availabilityWords(availability: Availability): string {
  switch (availability.state) {
    case "ready":
      return t("state-ready");
    case "pause":
      return availability.reason === null
        ? t("state-paused")
        : t("state-paused-for", { reason: availability.reason });
  }
}

/** As short as it can be said: the reason alone. */
export function shortWords(availability: Availability): string {
  switch (availability.state) {
    case "ready":
      return t("state-ready");
    case "pause":
      return availability.reason ?? t("pause");
  }
}
