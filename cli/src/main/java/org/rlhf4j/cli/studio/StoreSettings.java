package org.rlhf4j.cli.studio;

import org.rlhf4j.settings.Setting;

/**
 * Which store a command works on.
 *
 * @param store a folder, or an address of PostgreSQL
 */
record StoreSettings(
    @Setting(
            help = "The studio's store: its folder, or jdbc:postgresql://….",
            defaultValue = "studio")
        String store) {}
