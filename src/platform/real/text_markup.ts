/** Words between the tags of HTML and XML. What is malformed is read as far as it makes sense. */
import { Parser } from "htmlparser2";
import { TEXT_BYTES } from "../../core/limits.ts";

/** Characters that are gathered: blanks among them go, so more than fit into a text. */
export const ENOUGH = 4 * TEXT_BYTES;
/** Parsed at once; between, it is looked whether there is enough. */
const STEP = 64 * 1024;

const UNSEEN: ReadonlySet<string> = new Set(["script", "style", "template", "noscript", "svg", "math"]);
/** Tags that do not part words. */
const INLINE: ReadonlySet<string> = new Set(
  "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr"
    .split(" "),
);

/** Text of HTML or XHTML: what a reader sees, its title first. */
export function textOfHtml(html: string): string {
  const text = new Gathered();
  let unseen = 0;
  run(html, false, text, {
    onopentagname(name) {
      if (UNSEEN.has(name)) unseen++;
      else if (!INLINE.has(name)) text.add(" ");
    },
    onopentag(name, attributes) {
      const isAbout = name === "meta" && /^(description|keywords|author)$/i.test(attributes.name ?? "");
      if (isAbout) text.add(` ${attributes.content ?? ""} `);
      else if (name === "img") text.add(` ${attributes.alt ?? ""} `);
    },
    ontext(some) {
      if (unseen === 0) text.add(some);
    },
    onclosetag(name) {
      if (UNSEEN.has(name)) unseen = Math.max(0, unseen - 1);
      else if (!INLINE.has(name)) text.add(" ");
    },
  });
  return text.all;
}

export interface XmlEvents {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(some: string): void;
  close?(name: string): void;
}

/** Goes through XML; names come with their prefix, as they stand there. `isEnough` ends it early. */
export function readXml(xml: string, events: XmlEvents, isEnough: () => boolean = () => false): void {
  const parser = new Parser({
    onopentag: (name, attributes) => events.open?.(name, attributes),
    ontext: (some) => events.text?.(some),
    onclosetag: (name) => events.close?.(name),
  }, { xmlMode: true, decodeEntities: true });
  for (let at = 0; at < xml.length && !isEnough(); at += STEP) parser.write(xml.slice(at, at + STEP));
  parser.end();
}

/** Text that is gathered until there is enough of it. */
export class Gathered {
  readonly #parts: string[] = [];
  #length = 0;

  add(some: string): void {
    if (this.isEnough) return;
    this.#parts.push(some);
    this.#length += some.length;
  }

  get isEnough(): boolean {
    return this.#length >= ENOUGH;
  }

  get all(): string {
    return this.#parts.join("");
  }
}

function run(
  source: string,
  xmlMode: boolean,
  text: Gathered,
  handler: ConstructorParameters<typeof Parser>[0],
): void {
  const parser = new Parser(handler, { xmlMode, decodeEntities: true, lowerCaseTags: true });
  for (let at = 0; at < source.length && !text.isEnough; at += STEP) {
    parser.write(source.slice(at, at + STEP));
  }
  parser.end();
}
