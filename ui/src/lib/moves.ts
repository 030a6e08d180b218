// What is said of a phone that another device asks for.

import type { MoveRequestView } from "./phone";
import { deviceName } from "./who";
import { t } from "./words.svelte";

export function moveWords({ device_name, state }: MoveRequestView): string {
  const device = deviceName(device_name);
  switch (state.state) {
    case "waiting":
      return t("move-asks", { device });
    case "after_call":
      return state.by_user ? t("move-later", { device }) : t("move-silent", { device });
    case "granted":
      return t("move-moving", { device });
  }
}
