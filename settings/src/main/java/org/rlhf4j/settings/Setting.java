package org.rlhf4j.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Documents one component of a settings record. Its type is one of int, long, double, boolean (or
 * their boxed forms: null where nothing is given), String, Path, an enum (written in kebab-case), a
 * type with {@code static T parse(String)} whose {@code toString} writes what it reads (with {@code
 * static T parse(Map<String, String>)} it may be a YAML mapping too), or a List of these
 * (repeatable; empty where nothing is given).
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {

  /** What it does, in one sentence, for the help and the documentation. */
  String help();

  /** The default as a user would write it; empty: none. */
  String defaultValue() default "";

  /** How the default reads where it is worked out from something else. */
  String defaultText() default "";

  /** Whether it has to be given. */
  boolean required() default false;

  /** Whether it is a model's folder, for which its id on the hub may stand. */
  boolean model() default false;

  /**
   * Whether it may be another when a run goes on. Only a setting that no number of the run depends
   * on beyond float error may; each other one is held to what the run began with.
   */
  boolean resumable() default false;

  /** The name where it isn't the component's in kebab-case. */
  String name() default "";

  /** The heading it stands under where that isn't its record's. */
  String group() default "";
}
