import { errnoOf } from './errno.js';
import { type Environment, type Setting, type SettingsTable, fileSettingOf } from './settings.js';

/** The text of a setting, and how a sentence about it begins. */
interface SettingText {
  readonly text: string;
  readonly subject: string;
}

export interface SettingTextsOptions {
  /** What the command line sets. A flag hides the variable, and one for the file of a secret also the secret's. */
  readonly flags: Environment;
  /** How a message names a setting. */
  readonly label: (name: string) => string;
  readonly readFile: (path: string) => string;
  readonly isRequired: (name: string, setting: Setting) => boolean;
}

/** Finds the text of each setting: by flag, variable, file or standard. Collects what is wrong on the way. */
export class SettingTexts {
  readonly problems: string[] = [];
  readonly #environment: Environment;
  readonly #options: SettingTextsOptions;
  readonly #hidden: ReadonlySet<string>;

  constructor(table: SettingsTable, environment: Environment, options: SettingTextsOptions) {
    this.#environment = environment;
    this.#options = options;
    const secrets = Object.keys(table).filter((name) => options.flags[`${name}_FILE`] !== undefined);
    this.#hidden = new Set(secrets);
  }

  /** What is set; an empty text counts as none. */
  given(name: string): string | undefined {
    const text = this.#options.flags[name] ?? (this.#hidden.has(name) ? undefined : this.#environment[name]);
    return text === '' ? undefined : text;
  }

  /** The path of the file that holds a secret. */
  fileOf(name: string, setting: Setting): string | undefined {
    const fileSetting = fileSettingOf(name, setting);
    return fileSetting === null ? undefined : this.given(fileSetting);
  }

  /** undefined: none, or a problem. */
  textOf(name: string, setting: Setting): SettingText | undefined {
    const [text, file] = [this.given(name), this.fileOf(name, setting)];
    if (file !== undefined) return this.#secretIn(name, file, text);
    if (text === undefined) return this.#missing(name, setting);
    if (setting.content !== true) return { text, subject: name };
    const content = this.#read(name, text);
    return content === undefined ? undefined : { text: content, subject: `${name}: ${shownPath(text) ?? 'the file'}` };
  }

  #secretIn(name: string, file: string, text: string | undefined): SettingText | undefined {
    const fileSetting = `${name}_FILE`;
    if (text !== undefined) {
      this.problems.push(`${name} and ${fileSetting} contradict each other: set one of them`);
      return undefined;
    }
    const secret = this.#read(fileSetting, file)?.replace(/[\r\n]+$/, '');
    if (secret === '') this.problems.push(`${this.#options.label(fileSetting)}: the file is empty`);
    return secret ? { text: secret, subject: `the content of ${fileSetting}` } : undefined;
  }

  #missing(name: string, setting: Setting): SettingText | undefined {
    if (setting.standard !== undefined) return { text: setting.standard, subject: name };
    if (!this.#options.isRequired(name, setting)) return undefined;
    const fileSetting = fileSettingOf(name, setting);
    const subject = fileSetting === null ? name : `${name} or ${fileSetting}`;
    this.problems.push(`${subject} is required${setting.hint === undefined ? '' : `: ${setting.hint}`}`);
    return undefined;
  }

  #read(setting: string, path: string): string | undefined {
    try {
      return this.#options.readFile(path);
    } catch (error) {
      this.problems.push(unreadable(this.#options.label(setting), path, error));
      return undefined;
    }
  }
}

function unreadable(setting: string, path: string, error: unknown): string {
  const code = errnoOf(error);
  if (/^tc[ah]_/.test(path)) return `${setting} must be the path of a file, and is a token`;
  const shown = shownPath(path);
  return shown === undefined
    ? `${setting} must be the path of a file, and cannot be read (${code})`
    : `${setting}: ${shown} cannot be read (${code})`;
}

/** A path is no secret. Anything else may be one that was given in the place of its file. */
function shownPath(path: string): string | undefined {
  return /^(\.{0,2}|~)\//.test(path) && !path.includes('\n') ? path : undefined;
}
