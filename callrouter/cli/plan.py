"""`callrouter plan`: check plans, ask them what they do with a call, show their lines' lives, describe the language.

Each command's work is in a file of its own, which is imported when the command runs: the controller starts through
this command line too, and what it does not need would only delay it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption
from callrouter.decide.explain import Language
from callrouter.plans.timeline.words import Tongue

commands = typer.Typer(help="归并计划 / migration plans", no_args_is_help=True)


class Format(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


PlanArgument = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="计划目录 / the plan's folder [the settings']")
]
AtOption = Annotated[
    str | None, typer.Option("--at", help="时刻 / the instant, such as 2021-10-01T00:00:00+08:00 [now]")
]
NoOverlayOption = Annotated[
    bool,
    typer.Option(
        "--no-overlay", help="不读 operator.yaml，只看文件 / leave operator.yaml out: the document alone"
    ),
]


@commands.command("check")
def check(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="计划目录，或 dialplans 这样装着计划的目录 / plan folders, or a folder of them [the settings' plan]",
        ),
    ] = None,
    at: AtOption = None,
    no_overlay: NoOverlayOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="有警告也算不通过 / fail on warnings too")] = False,
    without_recordings: Annotated[
        bool,
        typer.Option(
            "--without-recordings", help="起草时不查语音文件 / don't ask for recordings yet: a draft"
        ),
    ] = False,
    output: Annotated[
        Format, typer.Option("--format", help="输出格式 / how findings are told")
    ] = Format.TEXT,
    config: ConfigOption = None,
) -> None:
    """检查计划：0 无错误，1 有错误，2 无法检查 / Check plans; exit code 1 for errors, 2 if it could not run."""
    from callrouter.cli.plan_check import Wanted, check_plans

    wanted = Wanted(at, not no_overlay, strict, not without_recordings, output)
    raise typer.Exit(check_plans(paths or [], wanted, config))


@commands.command("explain")
def explain(
    *,
    dialled: Annotated[str, typer.Option("--dialled", help="被叫号码 / the dialled number, as it arrives")],
    path: PlanArgument = None,
    at: AtOption = None,
    caller: Annotated[str, typer.Option("--caller", help="主叫号码 / the calling number")] = "",
    trunk: Annotated[
        str | None,
        typer.Option("--trunk", help="来电的中继（operator.yaml 的 trunks）/ the trunk it comes in by"),
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", help="来电所在平台 / where it came in")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", help="To 头的值，例如 '<sip:12333@host>' / the To header's value")
    ] = "",
    diversion: Annotated[
        list[str] | None,
        typer.Option(
            "--diversion",
            help="Diversion 头的值，例如 '<sip:03552180012@host>'；最上面的在前，可重复 / topmost first, repeatable",
        ),
    ] = None,
    history_info: Annotated[
        list[str] | None,
        typer.Option(
            "--history-info",
            help="History-Info 头的值，例如 '<sip:12333@host>;index=1'；按顺序，可重复 / in order, repeatable",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / one JSON object")] = False,
    no_overlay: NoOverlayOption = False,
    lang: Annotated[
        Language, typer.Option("--lang", help="中文、英文或两者 / Chinese, English or both")
    ] = Language.BOTH,
    config: ConfigOption = None,
) -> None:
    """某来电怎样处理、依据哪一行 / What is done with a call, and which lines of the plan say so.

    退出码 / exit code: 0 已判定 / decided, 1 号码不在计划内 / in no plan, 2 参数或计划有误 / bad argument or plan.
    """
    from callrouter.cli.plan_explain import Asked, explain_call

    asked = Asked(dialled, at, caller, trunk, platform, to, tuple(diversion or ()), tuple(history_info or ()))
    raise typer.Exit(explain_call(path, asked, lang, as_json=as_json, overlay=not no_overlay, config=config))


@commands.command("timeline")
def timeline(
    *,
    path: PlanArgument = None,
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="NUMBER", help="号码、号码表或类别 / numbers, lists or classes [all]"),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="画成 SVG 文件 / draw it into this SVG file")
    ] = None,
    no_overlay: NoOverlayOption = False,
    lang: Annotated[Tongue, typer.Option("--lang", help="中文或英文 / Chinese or English")] = Tongue.ZH,
    config: ConfigOption = None,
) -> None:
    """号码或整个计划的各个阶段：表格或 SVG 图 / The life of a number or of a whole plan, as a table or a drawing."""
    from callrouter.cli.plan_timeline import show_timeline

    raise typer.Exit(show_timeline(path, numbers or [], svg, lang, overlay=not no_overlay, config=config))


@commands.command("diff")
def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="计划目录，或 版本:目录 / a folder, or revision:folder, such as HEAD~1:dialplans/sichuan",
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="同上 / the same")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / one JSON object")] = False,
    no_overlay: NoOverlayOption = False,
) -> None:
    """两份计划的差别：哪些来电从何时起怎样不同 / Which calls are treated otherwise, and from when to when.

    退出码 / exit code: 0 没有差别 / the same, 1 有差别 / they differ, 2 参数或计划有误 / bad argument or plan.
    """
    from callrouter.cli.plan_diff import print_diff

    raise typer.Exit(print_diff(before, after, as_json=as_json, overlay=not no_overlay))


@commands.command("cases")
def cases(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="计划目录，或装着计划的目录 / plan folders, or a folder of them [the settings' plan]",
        ),
    ] = None,
    fail_under: Annotated[
        float,
        typer.Option(
            "--fail-under", min=0, max=100, help="用到的规则少于此百分比则不通过 / fail below this coverage"
        ),
    ] = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="每个计划一行 JSON / one JSON value a plan")
    ] = False,
    no_overlay: NoOverlayOption = False,
    config: ConfigOption = None,
) -> None:
    """计划自带的案例（*.cases.yaml）：是否相符，用到多少规则 / A plan's own tests, and what they try of it.

    退出码 / exit code: 0 相符 / all as they say, 1 不符或规则用得太少 / not, 2 计划或案例有误 / bad plan or cases.
    """
    from callrouter.cli.plan_cases import run_cases

    raise typer.Exit(run_cases(paths or [], fail_under, config, as_json=as_json, overlay=not no_overlay))


@commands.command("fmt")
def fmt(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="计划目录、装着计划的目录或单个文件；- 为标准输入 / plan folders, a folder of them, or files; -: "
            "standard input [the settings' plan]",
        ),
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="不改文件；有要改的则返回 1 / change nothing; exit 1 if it would")
    ] = False,
    as_diff: Annotated[
        bool, typer.Option("--diff", help="不改文件；显示改动 / change nothing; show what would change")
    ] = False,
    stdin_name: Annotated[
        str | None,
        typer.Option(
            "--stdin-name",
            help="标准输入是哪个文件，例如 lines.yaml / which file standard input is [its keys tell]",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """把计划的 YAML 文件整理成统一格式，注释和含义不变 / Lay plan files out the one way; comments and meaning stay.

    退出码 / exit code: 0 已整理 / done, 1 有要改的（--check）/ something would change, 2 文件有误 / a bad file.
    """
    from callrouter.cli.plan_fmt import Wanted, format_plans

    wanted = Wanted(check_only, as_diff, stdin_name)
    raise typer.Exit(format_plans(paths or [], wanted, config))


@commands.command("schema")
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", help="写入的目录 / the folder to write to [print them]")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="输出写法大全 / print the reference of the language instead")
    ] = False,
) -> None:
    """生成 JSON Schema，供编辑器补全和提示 / JSON Schemas of the plan files, for completion and hover help."""
    from callrouter.cli.plan_schema import print_reference, write_schemas

    raise typer.Exit(print_reference() if reference else write_schemas(output))
