/** Stretches of the week as people say them: `08:00-18:00`, `mon-fri`, `22:00-06:00 sat,sun`. In the time zone of this computer. Pure. */

export interface WeekHours {
  /** Minutes of the day; what begins later than it ends goes over midnight, and equal ends are a whole day. */
  readonly from: number;
  readonly to: number;
  /** By number, 0 Sunday: the days on which it begins. All: every day. */
  readonly days: readonly number[];
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_MINUTES = 24 * 60;

/** Null for what is no such stretch. An empty text is none. */
export function readWeekHours(text: string): WeekHours | null {
  let hours: readonly [number, number] | null = null;
  let days: readonly number[] | null = null;
  for (const word of text.trim().toLowerCase().split(/\s+/)) {
    const span = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(word);
    if (span !== null) {
      const [from, to] = [minutes(span[1]!, span[2]!, 23), minutes(span[3]!, span[4]!, 24)];
      if (hours !== null || from === null || to === null) return null;
      hours = [from, to % DAY_MINUTES];
    } else {
      const read = readDays(word);
      if (days !== null || read === null) return null;
      days = read;
    }
  }
  const [from, to] = hours ?? [0, 0];
  return { from, to, days: days ?? [0, 1, 2, 3, 4, 5, 6] };
}

function minutes(hour: string, minute: string, mostHours: number): number | null {
  const at = Number(hour) * 60 + Number(minute);
  return Number(minute) > 59 || at > mostHours * 60 + (mostHours === 24 ? 0 : 59) ? null : at;
}

/** `mon-fri`, `sat,sun`, `fri-mon`. */
function readDays(word: string): number[] | null {
  const days = new Set<number>();
  for (const part of word.split(",")) {
    const [first, last, ...more] = part.split("-").map((day) => DAYS.indexOf(day));
    if (first === undefined || first < 0 || last !== undefined && last < 0 || more.length > 0) return null;
    for (let day = first;; day = (day + 1) % 7) {
      days.add(day);
      if (day === (last ?? first)) break;
    }
  }
  return [...days].sort();
}

export function showWeekHours({ from, to, days }: WeekHours): string {
  const time = (at: number) =>
    `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
  const words = [
    ...from === to ? [] : [`${time(from)}-${time(to)}`],
    ...days.length === 7 ? [] : [showDays(days)],
  ];
  return words.length === 0 ? "00:00-24:00" : words.join(" ");
}

function showDays(days: readonly number[]): string {
  const first = days.find((day) => !days.includes((day + 6) % 7))!;
  const isOneRun = days.every((_, i) => days.includes((first + i) % 7));
  if (!isOneRun || days.length < 3) return days.map((day) => DAYS[day]).join(",");
  return `${DAYS[first]}-${DAYS[(first + days.length - 1) % 7]}`;
}

export function isWithin({ from, to, days }: WeekHours, nowMs: number): boolean {
  const now = new Date(nowMs);
  const at = now.getHours() * 60 + now.getMinutes();
  const today = days.includes(now.getDay());
  if (from === to) return today;
  if (from < to) return today && at >= from && at < to;
  return today && at >= from || at < to && days.includes((now.getDay() + 6) % 7);
}
