import { expect, test } from "vitest";

import { dialled, tooShort } from "./number";

test.each([
  ["+91 98100-12345", "+919810012345"],
  ["(030) 90 18 20", "030901820"],
  ["+44 (0)20 7946 0958", "+442079460958"],
  ["020 (0) 7183", "02007183"],
  ["tel:+1.212.555.0100", "+12125550100"],
  ["\u202a+971 50 123 4567\u202c", "+971501234567"],
  ["+1\t212\u00ad555\u00000100\r\n", "+12125550100"],
  ["٠٥٠١٢٣", "050123"],
  ["९८१०", "9810"],
  ["*21#", "*21#"],
  ["700202", "700202"],
  ["  billing ", "billing"],
  ["sip:ana@helix.example", "sip:ana@helix.example"],
  ["1-800-FLOWERS", "1-800-FLOWERS"],
  ["", ""],
])("%j is dialled as %j", (text, number) => {
  expect(dialled(text)).toBe(number);
});

test.each([
  ["", true],
  ["+", true],
  ["7", true],
  ["+7", true],
  ["12", false],
  ["*", false],
  ["ana", false],
])("%j is too short: %j", (number, short) => {
  expect(tooShort(number)).toBe(short);
});
