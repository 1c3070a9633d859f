// Draws a chest radiograph that never was: attenuation along each ray, built up from simple shapes.
//
// It must look like its subject to a reader and be learnable without being trivial: patients differ in build, position and
// exposure; ribs, clavicles, vessels and small calcifications are in both classes and cross the lungs like a nodule does.
// Coordinates: u across the body, -1 to 1, image left is the patient's right; v down the image, 0 to 1.
// Bright is dense, as in MONOCHROME2 for presentation. Non-goal: physics of X-rays.

import { type Random, random } from "./random.ts";

export const PHANTOM_SIDE = 256;
export const PHANTOM_BITS = 12;
const SIDE = PHANTOM_SIDE;

export interface Chest {
  /** SIDE × SIDE values of PHANTOM_BITS bits */
  readonly pixels: Uint16Array;
  /** 1 where the nodule is; null without one */
  readonly nodule: Uint8Array | null;
}

export interface ChestRequest {
  readonly seed: number;
  /** decides build and anatomy */
  readonly patient: number;
  /** decides position, exposure and noise: two exposures of a patient differ */
  readonly exposure: number;
  readonly female: boolean;
  readonly lesion: boolean;
}

type Side = -1 | 1;
interface Point {
  readonly u: number;
  readonly v: number;
}

interface Anatomy {
  readonly width: number;
  readonly lungWidth: number;
  readonly lungBase: number;
  readonly heartSize: number;
  readonly heartTilt: number;
  readonly ribSpacing: number;
  readonly ribStart: number;
  readonly ribSlope: number;
  readonly ribStrength: number;
  readonly female: boolean;
}

interface Pose {
  readonly scale: number;
  readonly turn: number;
  readonly u: number;
  readonly v: number;
}

interface Nodule extends Point {
  readonly radius: number;
  readonly strength: number;
  /** amplitudes and phases of the outline's 2nd to 4th harmonic */
  readonly outline: readonly (readonly [amplitude: number, phase: number])[];
}

export function drawChest({ seed, patient, exposure, female, lesion }: ChestRequest): Chest {
  const body = random(seed, patient, 1);
  const shot = random(seed, patient, 2, exposure);
  const anatomy = chooseAnatomy(body, female);
  const nodule = chooseNodule(random(seed, patient, 3), anatomy);
  const vessels = growVessels(random(seed, patient, 4));
  const calcifications = chooseCalcifications(random(seed, patient, 5), anatomy);
  const pose: Pose = {
    scale: shot.uniform(0.93, 1.07),
    turn: shot.uniform(-0.06, 0.06),
    u: shot.uniform(-0.07, 0.07),
    v: shot.uniform(-0.04, 0.04),
  };
  const dense = new Float32Array(SIDE * SIDE);
  const mask = new Uint8Array(SIDE * SIDE);
  const [sin, cos] = [Math.sin(pose.turn), Math.cos(pose.turn)];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const a = ((x + 0.5) / SIDE) * 2 - 1 - pose.u;
      const b = ((y + 0.5) / SIDE) * 2 - 1 - pose.v;
      const u = (a * cos + b * sin) / pose.scale;
      const v = ((b * cos - a * sin) / pose.scale + 1) / 2;
      const i = y * SIDE + x;
      dense[i] = attenuation(u, v, anatomy);
      for (const spot of calcifications) dense[i] += spot.strength * disc(u, v, spot);
      if (lesion) {
        const inside = disc(u, v, nodule);
        dense[i] += nodule.strength * inside ** 0.75;
        mask[i] = inside > 0 ? 1 : 0;
      }
    }
  }
  drawVessels(dense, vessels, anatomy, pose);
  return { pixels: expose(dense, shot), nodule: lesion ? mask : null };
}

function chooseAnatomy(r: Random, female: boolean): Anatomy {
  return {
    width: r.uniform(0.84, 1) * (female ? 0.95 : 1),
    lungWidth: r.uniform(0.31, 0.36),
    lungBase: r.uniform(0.74, 0.83),
    heartSize: r.uniform(0.85, 1.2),
    heartTilt: r.uniform(0.35, 0.65),
    ribSpacing: r.uniform(0.068, 0.08),
    ribStart: r.uniform(0.1, 0.15),
    ribSlope: r.uniform(0.24, 0.38),
    ribStrength: r.uniform(0.055, 0.09),
    female,
  };
}

const smoothstep = (from: number, to: number, x: number) => {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
};
const bell = (x: number) => Math.exp(-x * x);

/** Everything that lies in the body for good, nodule and vessels excepted. */
function attenuation(u: number, v: number, anatomy: Anatomy): number {
  const half = anatomy.width * (0.36 + 0.66 * smoothstep(0.02, 0.2, v) - 0.07 * smoothstep(0.3, 0.8, v));
  const across = 1 - (u / half) ** 2;
  if (across <= 0) return 0;
  const body = across ** 0.35;
  const lung = lungDepth(u, v, anatomy);
  let sum = 0.62 * body - 0.44 * lung;
  sum += 0.12 * bell(u / 0.13) * smoothstep(0.05, 0.16, v);
  sum += 0.07 * smoothstep(0.095, 0.07, Math.abs(u)) * (0.8 + 0.2 * Math.cos((2 * Math.PI * v) / 0.062));
  sum -= 0.09 * bell(u / 0.04) * smoothstep(0.34, 0.28, v);
  sum += heart(u, v, anatomy) + 0.07 * bell(Math.hypot((u - 0.13) / 0.085, (v - 0.34) / 0.05) ** 2);
  sum += 0.1 * smoothstep(anatomy.lungBase - 0.02, anatomy.lungBase + 0.1, v) * body;
  sum += bones(u, v, anatomy) * smoothstep(0, 0.12, across);
  if (anatomy.female) sum += 0.05 * (breast(u, v, -1) + breast(u, v, 1)) * body;
  return sum;
}

/** Part of the ray that runs through air, 0 to 1. */
function lungDepth(u: number, v: number, anatomy: Anatomy): number {
  const side: Side = u < 0 ? -1 : 1;
  const down = Math.min(1, Math.max(0, (v - 0.11) / 0.4));
  const halfWidth = anatomy.lungWidth * anatomy.width * Math.sin((down * Math.PI) / 2) ** 0.6;
  if (halfWidth <= 0.01) return 0;
  const centre = side * anatomy.width * (0.32 + 0.1 * down);
  const across = 1 - ((u - centre) / halfWidth) ** 2;
  if (across <= 0) return 0;
  // The diaphragm is a dome; the liver pushes the right one up.
  const dome = anatomy.lungBase - 0.07 * (1 - ((u - side * 0.36) / 0.42) ** 2) - (side === -1 ? 0.025 : 0);
  return across ** 0.45 * smoothstep(dome + 0.018, dome - 0.018, v);
}

function heart(u: number, v: number, anatomy: Anatomy): number {
  const [du, dv] = [u - 0.13, (v - 0.64) * 2];
  const [sin, cos] = [Math.sin(anatomy.heartTilt), Math.cos(anatomy.heartTilt)];
  const along = (du * cos + dv * sin) / (0.34 * anatomy.heartSize);
  const across = (dv * cos - du * sin) / (0.25 * anatomy.heartSize);
  const inside = 1 - along * along - across * across;
  return inside > 0 ? 0.22 * inside ** 0.4 * smoothstep(anatomy.lungBase + 0.03, anatomy.lungBase - 0.03, v) : 0;
}

function breast(u: number, v: number, side: Side): number {
  const inside = 1 - ((u - side * 0.42) / 0.36) ** 2 - ((v - 0.62) / 0.2) ** 2;
  return inside > 0 ? inside ** 0.6 : 0;
}

/** A bone seen from the side: a soft body with two brighter edges. `distance` from its axis in units of its half thickness. */
const bone = (distance: number) =>
  0.7 * bell(distance) + 0.45 * bell((Math.abs(distance) - 0.9) / 0.35) * (distance > -2 && distance < 2 ? 1 : 0);

function bones(u: number, v: number, anatomy: Anatomy): number {
  const a = Math.abs(u) / anatomy.width;
  let sum = 0;
  if (a > 0.04 && a < 0.8) {
    const clavicle = 0.19 - 0.1 * a + 0.018 * Math.sin(7 * a);
    sum += 0.09 * bone((v - clavicle) / 0.014) * smoothstep(0.04, 0.1, a);
  }
  // Behind: out of the spine, level, then down. In front: from the side wall down towards the breastbone.
  const wall = smoothstep(0.86, 0.8, a);
  const behind = anatomy.ribStart + anatomy.ribSlope * Math.max(0, a - 0.1) ** 2 - 0.02 * bell((a - 0.2) / 0.12);
  const front = anatomy.ribStart + anatomy.ribSlope * 0.5 + 0.32 * Math.max(0, 0.82 - a) ** 1.2;
  for (let k = 0; k < 10; k++) {
    const near = (v - behind - anatomy.ribSpacing * k) / 0.0115;
    if (near > -3 && near < 3) sum += anatomy.ribStrength * bone(near) * wall * smoothstep(0.04, 0.1, a);
    const far = (v - front - anatomy.ribSpacing * k) / 0.014;
    if (k < 7 && far > -3 && far < 3) sum += 0.55 * anatomy.ribStrength * bone(far) * wall * smoothstep(0.32, 0.45, a);
  }
  return sum * smoothstep(0.95, 0.8, v);
}

/** 1 in the middle of a roundish thing, 0 at its outline and outside. */
function disc(u: number, v: number, spot: Nodule): number {
  const [du, dv] = [u - spot.u, (v - spot.v) * 2];
  const distance = Math.sqrt(du * du + dv * dv);
  if (distance > 1.5 * spot.radius) return 0;
  const angle = Math.atan2(dv, du);
  const outline = spot.outline.reduce(
    (sum, [amplitude, phase], k) => sum + amplitude * Math.cos((k + 2) * angle + phase),
    1,
  );
  return Math.max(0, 1 - (distance / (spot.radius * outline)) ** 2);
}

/** A place well inside a lung, away from the heart's edge and the wall. */
function placeInLung(r: Random, anatomy: Anatomy): Point {
  for (;;) {
    const u = r.uniform(-0.75, 0.75);
    const v = r.uniform(0.22, 0.68);
    if (lungDepth(u, v, anatomy) > 0.72 && heart(u, v, anatomy) === 0 && Math.abs(u) > 0.18) return { u, v };
  }
}

function chooseNodule(r: Random, anatomy: Anatomy): Nodule {
  const place = placeInLung(r, anatomy);
  const radius = r.uniform(0.06, 0.11);
  return {
    ...place,
    radius,
    strength: r.uniform(0.18, 0.32),
    outline: [0, 1, 2].map(() => [r.uniform(0, 0.08), r.uniform(0, 2 * Math.PI)] as const),
  };
}

/** Healed spots that mean nothing: small and bright, in both classes. */
function chooseCalcifications(r: Random, anatomy: Anatomy): Nodule[] {
  const count = r.chance(0.4) ? 1 + Math.floor(r.uniform(0, 2)) : 0;
  return Array.from({ length: count }, () => ({
    ...placeInLung(r, anatomy),
    radius: r.uniform(0.012, 0.02),
    strength: r.uniform(0.1, 0.2),
    outline: [],
  }));
}

interface VesselPoint extends Point {
  readonly radius: number;
  readonly strength: number;
}

/** Branches that leave each hilum and thin out. */
function growVessels(r: Random): VesselPoint[] {
  const points: VesselPoint[] = [];
  for (const side of [-1, 1] as const) {
    for (let branch = 0; branch < 13; branch++) {
      let [u, v] = [side * r.uniform(0.12, 0.2), 0.45 + r.uniform(-0.07, 0.07)];
      let angle = r.uniform(-1.35, 1.35);
      const steps = 25 + Math.floor(r.uniform(0, 45));
      for (let step = 0; step < steps; step++) {
        const left = 1 - step / steps;
        points.push({ u, v, radius: 0.006 + 0.013 * left, strength: 0.012 + 0.016 * left });
        angle += 0.09 * r.normal();
        u += side * 0.0085 * Math.cos(angle);
        v += 0.0043 * Math.sin(angle);
      }
    }
  }
  return points;
}

function drawVessels(dense: Float32Array, points: readonly VesselPoint[], anatomy: Anatomy, pose: Pose): void {
  const [sin, cos] = [Math.sin(pose.turn), Math.cos(pose.turn)];
  for (const { u, v, radius, strength } of points) {
    const visible = strength * Math.min(1, 1.4 * lungDepth(u, v, anatomy));
    if (visible <= 0) continue;
    const [a, b] = [u * pose.scale, (2 * v - 1) * pose.scale];
    const px = ((a * cos - b * sin + pose.u + 1) / 2) * SIDE - 0.5;
    const py = ((a * sin + b * cos + pose.v + 1) / 2) * SIDE - 0.5;
    const reach = (radius * SIDE) / 2;
    for (let y = Math.max(0, Math.ceil(py - 2 * reach)); y <= Math.min(SIDE - 1, py + 2 * reach); y++) {
      for (let x = Math.max(0, Math.ceil(px - 2 * reach)); x <= Math.min(SIDE - 1, px + 2 * reach); x++) {
        dense[y * SIDE + x] += visible * bell(Math.hypot(x - px, y - py) / reach);
      }
    }
  }
}

/** Film: blur, uneven scatter, exposure, noise; to PHANTOM_BITS bits. */
function expose(dense: Float32Array, r: Random): Uint16Array {
  const blurred = blur(dense);
  const grid = Float32Array.from({ length: 9 * 9 }, () => r.normal());
  const gain = r.uniform(0.82, 1.12);
  const gamma = r.uniform(0.85, 1.2);
  const offset = r.uniform(-0.02, 0.05);
  const grain = r.uniform(0.01, 0.018);
  const pixels = new Uint16Array(SIDE * SIDE);
  const top = 2 ** PHANTOM_BITS - 1;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const scatter = 0.018 * bilinear(grid, 9, (x / SIDE) * 8, (y / SIDE) * 8);
      const ideal = Math.max(0, blurred[y * SIDE + x] + scatter);
      // The film's shoulder: what is very dense differs less.
      const value = gain * 1.25 * (1 - Math.exp(-1.35 * ideal ** gamma)) + offset + grain * r.normal();
      pixels[y * SIDE + x] = Math.round(top * Math.min(1, Math.max(0, value)));
    }
  }
  return pixels;
}

function bilinear(grid: Float32Array, side: number, x: number, y: number): number {
  const [x0, y0] = [Math.min(side - 2, Math.floor(x)), Math.min(side - 2, Math.floor(y))];
  const [fx, fy] = [x - x0, y - y0];
  const at = y0 * side + x0;
  const above = grid[at] * (1 - fx) + grid[at + 1] * fx;
  const below = grid[at + side] * (1 - fx) + grid[at + side + 1] * fx;
  return above * (1 - fy) + below * fy;
}

/** Binomial 1-2-1 along both axes. */
function blur(values: Float32Array): Float32Array {
  const across = new Float32Array(values.length);
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = i % SIDE;
    across[i] = (values[x > 0 ? i - 1 : i] + 2 * values[i] + values[x < SIDE - 1 ? i + 1 : i]) / 4;
  }
  for (let i = 0; i < values.length; i++) {
    const above = i >= SIDE ? i - SIDE : i;
    const below = i + SIDE < values.length ? i + SIDE : i;
    out[i] = (across[above] + 2 * across[i] + across[below]) / 4;
  }
  return out;
}
