@NullMarked
package io.nimbus.subjects;

import org.jspecify.annotations.NullMarked;
