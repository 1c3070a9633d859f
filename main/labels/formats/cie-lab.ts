// Colours as DICOM recommends them: CIELab of the profile connection space, three unsigned 16-bit numbers (PS3.3 C.10.7.1.1).

/** sRGB (IEC 61966-2-1) to XYZ, adapted from D65 to D50 (Bradford). */
const TO_XYZ_D50 = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
] as const;
const WHITE_D50 = [0.96422, 1, 0.82521] as const;

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const curve = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);

/** `color`: like #0072b2. */
export function cieLabOf(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  const rgb = [value >> 16, (value >> 8) & 255, value & 255].map((part) => linear(part / 255));
  const [x, y, z] = TO_XYZ_D50.map((row, i) =>
    curve(row.reduce((sum, part, k) => sum + part * rgb[k], 0) / WHITE_D50[i]),
  );
  const lightness = ((116 * y - 16) * 65535) / 100;
  const opponent = (part: number) => ((part + 128) * 65535) / 255;
  return [lightness, opponent(500 * (x - y)), opponent(200 * (y - z))].map((part) =>
    Math.max(0, Math.min(65535, Math.round(part))),
  ) as [number, number, number];
}
