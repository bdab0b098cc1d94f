package org.rlhf4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.dpo.DpoConfig;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.sft.SftConfig;

/** What a Java program names settings by. */
class SettingAccessorsTest {

  /** Of an overloaded method a reference such as {@code LoopSettings::steps} wouldn't compile. */
  @ParameterizedTest
  @ValueSource(
      classes = {
        SftConfig.class,
        RewardConfig.class,
        DpoConfig.class,
        PpoConfig.class,
        GrpoConfig.class
      })
  void everySettingHasAnAccessorOfItsOwnName(Class<?> config) {
    Set<Class<?>> records = new LinkedHashSet<>(List.of(config));
    addGroups(config, records);
    assertThat(records).hasSizeGreaterThan(5);
    for (Class<?> type : records) {
      List<String> methods =
          Arrays.stream(type.getDeclaredMethods())
              .filter(method -> !method.isSynthetic())
              .map(Method::getName)
              .toList();
      for (RecordComponent component : type.getRecordComponents()) {
        assertThat(methods).as(type.getSimpleName()).containsOnlyOnce(component.getName());
      }
    }
  }

  private static void addGroups(Class<?> type, Set<Class<?>> records) {
    for (RecordComponent component : type.getRecordComponents()) {
      if (!component.isAnnotationPresent(Setting.class)) {
        records.add(component.getType());
        addGroups(component.getType(), records);
      }
    }
  }
}
