@NullMarked
package io.nimbus.samples.hello;

import org.jspecify.annotations.NullMarked;
