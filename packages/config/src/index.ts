export { ConfigError, EXIT_CONFIG } from './errors.js';
export { embeddedFile, embeddedText, isSingleExecutable } from './embedded-file.js';
export { type Errno, errnoOf, isErrno } from './errno.js';
export { LOG_LEVELS, type Fields, type Log, type LogLevel, createLog } from './log.js';
export { PROGRAM_SETTINGS } from './program-settings.js';
export * from './parsers.js';
export { type Settings, type SettingsOptions, readSettings } from './read-settings.js';
export { settingRows, settingsHelp } from './settings-help.js';
export {
  type Environment,
  type Parsed,
  type Setting,
  type SettingNames,
  type SettingsTable,
  fileSettingOf,
  flagsOf,
  settingNames,
} from './settings.js';
