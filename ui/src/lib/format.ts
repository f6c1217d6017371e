const numbers = new Intl.NumberFormat("en");

export const number = (value: number): string => numbers.format(value);

/** Counts stop at a bound, and say so. */
export function bounded(value: number, bound: number): string {
  return value > bound ? `${number(bound)}+` : number(value);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  for (; size >= 1000 && step < units.length - 1; step++) size /= 1000;
  return `${size < 10 && step ? size.toFixed(1) : Math.round(size)} ${units[step]}`;
}

/** A class list without what is off. */
export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
