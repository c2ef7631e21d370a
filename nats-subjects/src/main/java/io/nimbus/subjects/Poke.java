package io.nimbus.subjects;

/**
 * A message whose arrival is all it says. We send {@code {}}; others send nothing at all, so a
 * receiver never parses the body.
 */
public record Poke() {
    public static final Poke POKE = new Poke();
}
