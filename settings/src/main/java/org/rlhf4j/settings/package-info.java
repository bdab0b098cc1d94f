/**
 * Settings: a record whose components carry {@link org.rlhf4j.settings.Setting}. From that one
 * declaration come the YAML key, the command-line option, the help, the table in the documentation
 * and the resolved {@code config.yaml} of a run.
 *
 * <p>A component whose type is a record is a group and is flattened: names don't nest. {@link
 * org.rlhf4j.settings.Settings} describes a record, {@link org.rlhf4j.settings.SettingsBinder}
 * makes one from what a user wrote, {@link org.rlhf4j.settings.SettingsYaml} reads and writes
 * files. In Java {@link org.rlhf4j.settings.ConfigBuilder} makes one. A value that is a {@link
 * org.rlhf4j.settings.Preset} gives other settings their defaults.
 */
package org.rlhf4j.settings;
