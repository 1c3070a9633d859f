// What a search may vary: parameters with a range or options, and under which choice of an earlier parameter each exists.
//
// Samplers think in the unit cube: every parameter is one coordinate from 0 to 1, even on its own scale (a logarithm where it says so). A
// configuration holds only the parameters that exist in it, as values a person would write.

export type SearchValue = number | string | boolean;

/** The parameter exists only where the earlier parameter `name` has one of the values `is`. */
interface Condition {
  readonly name: string;
  readonly is: readonly SearchValue[];
}

interface Named {
  readonly name: string;
  readonly when?: Condition;
}

/** A number from `low` to `high`, both possible; `log`: even on the logarithm, `low` above 0. */
export interface NumberParameter extends Named {
  readonly kind: "float" | "integer";
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
}

/** One of at least one option, without an order. */
export interface ChoiceParameter extends Named {
  readonly kind: "choice";
  readonly options: readonly SearchValue[];
}

export type Parameter = NumberParameter | ChoiceParameter;

/** Parameters in an order in which every condition names an earlier one. */
export type SearchSpace = readonly Parameter[];

export type Configuration = Readonly<Record<string, SearchValue>>;

/** One configuration that was asked for. */
export interface Trial {
  readonly configuration: Configuration;
  /** What is to be small; null while it runs. Anything not finite: it failed. */
  readonly value: number | null;
}

/** Throws a RangeError that names the parameter when the space cannot be searched. */
export function checkSpace(space: SearchSpace): void {
  const seen = new Set<string>();
  for (const parameter of space) {
    const { name, when } = parameter;
    if (seen.has(name)) throw new RangeError(`The search space has two parameters "${name}". Give each its own name.`);
    if (when && !seen.has(when.name)) {
      throw new RangeError(`"${name}" depends on "${when.name}", which does not come before it. Put it there.`);
    }
    if (parameter.kind === "choice") {
      if (parameter.options.length === 0) throw new RangeError(`"${name}" has no options. Give at least one.`);
    } else {
      const { low, high, log = false, kind } = parameter;
      const whole = kind === "float" || (Number.isInteger(low) && Number.isInteger(high));
      if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high && whole && (!log || low > 0))) {
        throw new RangeError(
          `"${name}" goes from ${low} to ${high}, which is no range of its kind. Give a lower end below the upper.`,
        );
      }
    }
    seen.add(name);
  }
  if (space.length === 0) throw new RangeError("The search space is empty. Name at least one parameter to vary.");
}

/** Whether a parameter exists beside these values of earlier ones. */
export const exists = ({ when }: Parameter, earlier: Configuration): boolean => {
  if (!when) return true;
  const value = earlier[when.name];
  return value !== undefined && when.is.includes(value);
};

/** The ends of a number's range on its own scale; a whole number has half a step of room at both, so that all are equally wide. */
function scale({ kind, low, high, log }: NumberParameter): readonly [number, number] {
  const room = kind === "integer" ? 0.5 : 0;
  return log ? [Math.log(low - room), Math.log(high + room)] : [low - room, high + room];
}

/** The value at `unit`, from 0 to 1. */
export function valueAt(parameter: Parameter, unit: number): SearchValue {
  const u = Math.min(1, Math.max(0, unit));
  if (parameter.kind === "choice") {
    const { options } = parameter;
    return options[Math.min(options.length - 1, Math.floor(u * options.length))]!;
  }
  const [from, to] = scale(parameter);
  const raw = from + u * (to - from);
  const number = parameter.log ? Math.exp(raw) : raw;
  const own = parameter.kind === "integer" ? Math.round(number) : number;
  return Math.min(parameter.high, Math.max(parameter.low, own));
}

/** Where a value lies, from 0 to 1: the middle of its part for whole numbers and options. */
export function unitOf(parameter: Parameter, value: SearchValue): number {
  if (parameter.kind === "choice") {
    return (Math.max(0, parameter.options.indexOf(value)) + 0.5) / parameter.options.length;
  }
  const [from, to] = scale(parameter);
  if (to <= from) return 0.5;
  const own = parameter.log ? Math.log(Number(value)) : Number(value);
  return Math.min(1, Math.max(0, (own - from) / (to - from)));
}

/** The configuration at a point of the unit cube, one coordinate a parameter; those of absent parameters are not read. */
export function configurationAt(space: SearchSpace, point: ArrayLike<number>): Configuration {
  const configuration: Record<string, SearchValue> = {};
  for (const [i, parameter] of space.entries()) {
    if (exists(parameter, configuration)) configuration[parameter.name] = valueAt(parameter, point[i]!);
  }
  return configuration;
}
