@NullMarked
package io.nimbus.cloudcontroller.policy;

import org.jspecify.annotations.NullMarked;
