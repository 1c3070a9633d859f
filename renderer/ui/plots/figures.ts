// Results as the field writes them, in the language of the page: AUC with three decimals, shares as percent with one, costs with three
// significant digits, differences with their sign. A missing figure is an en dash, never NaN. Dates, sizes and durations: i18n/format.ts.

export interface Figures {
  integer(value: number): string;
  decimal(value: number, digits?: number): string;
  /** Three significant digits, for learning rates and losses over many magnitudes; below 0.0001 as 5.34E-7. */
  significant(value: number): string;
  /** 0.953 → 95.3% */
  percent(share: number): string;
  /** 0.953 → 0.953; the field's habit for AUC. */
  auc(value: number | null): string;
  /** Always with a sign: +0.012, −0.004, 0.000. */
  signed(value: number, digits?: number): string;
  /** Percentage points with a sign: +1.2 pp for a share that rose by 0.012. */
  points(share: number): string;
  milliseconds(value: number): string;
}

export const NO_FIGURE = "–";
const MINUS = "−";

const cache = new Map<string, Figures>();

export function figuresFor(locale: string): Figures {
  let figures = cache.get(locale);
  if (!figures) {
    figures = makeFigures(locale);
    cache.set(locale, figures);
  }
  return figures;
}

function makeFigures(locale: string): Figures {
  const chinese = locale.startsWith("zh");
  const number = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(locale, options);
    return (value: number) => (Number.isFinite(value) ? format.format(value) : NO_FIGURE);
  };
  const fixed = new Map<number, (value: number) => string>();
  const decimal = (value: number, digits = 3) => {
    let format = fixed.get(digits);
    if (!format) {
      format = number({ minimumFractionDigits: digits, maximumFractionDigits: digits });
      fixed.set(digits, format);
    }
    return format(value);
  };
  const integer = number({ maximumFractionDigits: 0 });
  const plain = number({ maximumSignificantDigits: 3 });
  const scientific = number({ maximumSignificantDigits: 3, notation: "scientific" });
  const significant = (value: number) => (value !== 0 && Math.abs(value) < 1e-4 ? scientific : plain)(value);
  const percent = number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signed = (value: number, digits = 3) => {
    if (!Number.isFinite(value)) return NO_FIGURE;
    const text = decimal(Math.abs(value), digits);
    if (text === decimal(0, digits)) return text;
    return `${value < 0 ? MINUS : "+"}${text}`;
  };
  return {
    integer,
    decimal,
    significant,
    percent,
    auc: (value) => (value === null ? NO_FIGURE : decimal(value, 3)),
    signed,
    points: (share) => {
      const text = signed(share * 100, 1);
      return text === NO_FIGURE ? text : `${text}${chinese ? " 个百分点" : " pp"}`;
    },
    milliseconds: (value) => (Number.isFinite(value) ? `${significant(value)} ms` : NO_FIGURE),
  };
}
