"""Inverse distribution functions without a closed form, compiled: the normal and the gamma distribution."""

from __future__ import annotations

import math

from simulate.compiled import compiled


@compiled("float64(float64)")
def normal_quantile(at: float) -> float:
    """The standard normal value that a share `at` (between 0 and 1) lies below; relative error about 1e-15.

    Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
    """
    q = at - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2509.0809287301226727
        for c in (
            33430.575583588128105,
            67265.770927008700853,
            45921.953931549871457,
            13731.693765509461125,
            1971.5909503065514427,
            133.14166789178437745,
            3.387132872796366608,
        ):
            top = top * r + c
        below = 5226.495278852545925
        for c in (
            28729.085735721942674,
            39307.89580009271061,
            21213.794301586595867,
            5394.1960214247511077,
            687.1870074920579083,
            42.313330701600911252,
            1.0,
        ):
            below = below * r + c
        return q * top / below
    r = math.sqrt(-math.log(at if q < 0.0 else 1.0 - at))
    if r <= 5.0:
        r -= 1.6
        top = 7.7454501427834140764e-4
        for c in (
            0.0227238449892691845833,
            0.24178072517745061177,
            1.27045825245236838258,
            3.64784832476320460504,
            5.7694972214606914055,
            4.6303378461565452959,
            1.42343711074968357734,
        ):
            top = top * r + c
        below = 1.05075007164441684324e-9
        for c in (
            5.475938084995344946e-4,
            0.0151986665636164571966,
            0.14810397642748007459,
            0.68976733498510000455,
            1.6763848301838038494,
            2.05319162663775882187,
            1.0,
        ):
            below = below * r + c
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7
        for c in (
            2.71155556874348757815e-5,
            0.0012426609473880784386,
            0.026532189526576123093,
            0.29656057182850489123,
            1.7848265399172913358,
            5.4637849111641143699,
            6.6579046435011037772,
        ):
            top = top * r + c
        below = 2.04426310338993978564e-15
        for c in (
            1.4215117583164458887e-7,
            1.8463183175100546818e-5,
            7.868691311456132591e-4,
            0.0148753612908506148525,
            0.13692988092273580531,
            0.59983220655588793769,
            1.0,
        ):
            below = below * r + c
    return math.copysign(top / below, q)


@compiled("float64(float64, float64)")
def gamma_share(shape: float, value: float) -> float:
    """The share of a gamma distribution of scale 1 below `value`: its series below the mean, its continued fraction above."""
    if value <= 0.0:
        return 0.0
    front = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1.0:
        term = total = 1.0 / shape
        at = shape
        while abs(term) > 1e-17 * abs(total):
            at += 1.0
            term *= value / at
            total += term
        return front * total
    # Lentz's evaluation of the continued fraction (Thompson and Barnett, 1986)
    b = value + 1.0 - shape
    c = 1e300
    d = 1.0 / b
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        step = d * c
        fraction *= step
        if abs(step - 1.0) < 1e-16:
            break
    return 1.0 - front * fraction


@compiled("float64(float64, float64)")
def gamma_quantile(shape: float, at: float) -> float:
    """The value of a gamma distribution of scale 1 that a share `at` lies below: Newton's steps, kept between two bounds.

    It begins with the cube of Wilson and Hilferty (1931), or with the power law near zero where the shape is small.
    """
    z = normal_quantile(at)
    guess = shape * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))) ** 3
    if shape < 1.0 or guess <= 0.0 or at < 0.01:
        small = math.exp((math.log(at) + math.lgamma(shape + 1.0)) / shape)
        guess = small if guess <= 0.0 or small < 0.3 * shape else guess
    low = 0.0
    high = max(guess, 1.0)
    while gamma_share(shape, high) < at and high < 1e300:
        high *= 2.0
    value = min(guess, high)
    for _ in range(200):
        if value <= 0.0:
            return 0.0  # below the smallest number
        error = gamma_share(shape, value) - at
        if error > 0.0:
            high = value
        else:
            low = value
        density = math.exp((shape - 1.0) * math.log(value) - value - math.lgamma(shape))
        step = error / density if density > 0.0 else math.inf
        following = value - step
        if not (low < following < high):
            following = 0.5 * (low + high)
        if abs(following - value) <= 4e-16 * value:
            return following
        value = following
    return value
