package org.rlhf4j.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Other defaults for a group of settings where one record uses it:
 * {@code @Defaults("learning-rate=1e-6") OptimizerSettings optimizer}.
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Defaults {

  /**
   * Each {@code name=value}; an empty value takes the default away. A setting that is named here is
   * no longer required.
   */
  String[] value();
}
