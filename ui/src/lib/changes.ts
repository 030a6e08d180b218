// What happened to a sound device, in words.

import type { DeviceFault, DeviceRole, Event } from "./phone";
import { roleWords } from "./roles";
import { t } from "./words.svelte";

type Changed = Extract<Event, { type: "sound.device_changed" }>;

/** That another device is used than one expects, or none, and why. */
export function changeWords({ role, device, why, lost }: Changed): string {
  const trouble = troubleWords(role, { why, device: lost });
  if (device === null) {
    return trouble ?? noneWords(role);
  }
  if (why === "recovered") {
    return t("device-recovered", { device: device.name });
  }
  const now = t("device-now", { device: device.name });
  return trouble === null ? now : `${trouble} ${now}`;
}

/** Why a device that is needed cannot be used. */
export function faultWords(role: DeviceRole, fault: DeviceFault | null): string {
  return (fault && fault.why !== "gone" ? troubleWords(role, fault) : null) ?? noneWords(role);
}

/** What is wrong with a device; null where nothing is, or where there was none. */
function troubleWords(role: DeviceRole, { why, device: name }: DeviceFault): string | null {
  const device = name ?? roleWords(role);
  switch (why) {
    case "gone":
      return name === null ? null : t("device-gone", { device });
    case "busy":
      return t("device-busy", { device });
    case "refused":
      return t("device-refused", { device });
    case "service":
      return t("device-service");
    case "stuck":
      return t("device-stuck", { device });
    case "broken":
      return t("device-broken", { device });
    case "preferred":
    case "default":
    case "recovered":
      return null;
  }
}

const noneWords = (role: DeviceRole): string =>
  role === "microphone" ? t("devices-no-microphone") : t("devices-no-speaker");
